//! EXIF blocks as cameras write them.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};

/// What a camera notes about a photograph.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Maker.
    pub make: String,
    /// Model.
    pub model: String,
    /// Lens model.
    pub lens: String,
    /// When it was taken: `2026:06:21 18:30:05`.
    pub taken_at: String,
    /// How the stored picture is to be shown, 1 to 8.
    pub orientation: u16,
    /// Exposure time in seconds, as a fraction.
    pub exposure: (u32, u32),
    /// F-number, as a fraction.
    pub f_number: (u32, u32),
    /// ISO speed.
    pub iso: u16,
    /// Focal length in millimetres, as a fraction.
    pub focal_length: (u32, u32),
    /// Where it was taken.
    pub place: Option<Place>,
}

/// A position: degrees, minutes and hundredths of seconds.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Latitude, south of the equator if the flag is set.
    pub latitude: ([u32; 3], bool),
    /// Longitude, west of Greenwich if the flag is set.
    pub longitude: ([u32; 3], bool),
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            make: "Darkroom".to_owned(),
            model: "Sample One".to_owned(),
            lens: "35mm F1.8".to_owned(),
            taken_at: "2026:06:21 18:30:05".to_owned(),
            orientation: 1,
            exposure: (1, 250),
            f_number: (28, 10),
            iso: 200,
            focal_length: (35, 1),
            place: Some(Place {
                latitude: ([46, 33, 1_250], false),
                longitude: ([7, 59, 2_500], false),
            }),
        }
    }
}

impl Camera {
    /// The EXIF block: a TIFF header and its directories.
    #[must_use]
    pub fn exif(&self) -> Vec<u8> {
        let fields = self.fields();
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut block = Cursor::new(Vec::new());
        writer
            .write(&mut block, false)
            .expect("memory takes every field");
        block.into_inner()
    }

    /// The fields of the block.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            text(Tag::Make, &self.make),
            text(Tag::Model, &self.model),
            field(Tag::Orientation, Value::Short(vec![self.orientation])),
            text(Tag::LensModel, &self.lens),
            text(Tag::DateTimeOriginal, &self.taken_at),
            rational(Tag::ExposureTime, self.exposure),
            rational(Tag::FNumber, self.f_number),
            field(Tag::PhotographicSensitivity, Value::Short(vec![self.iso])),
            rational(Tag::FocalLength, self.focal_length),
        ];
        if let Some(place) = self.place {
            fields.extend(place.fields());
        }
        fields
    }
}

impl Place {
    fn fields(self) -> [Field; 4] {
        let letter = |negative, letters: [&'static str; 2]| letters[usize::from(negative)];
        [
            text(Tag::GPSLatitudeRef, letter(self.latitude.1, ["N", "S"])),
            angle(Tag::GPSLatitude, self.latitude.0),
            text(Tag::GPSLongitudeRef, letter(self.longitude.1, ["E", "W"])),
            angle(Tag::GPSLongitude, self.longitude.0),
        ]
    }
}

fn field(tag: Tag, value: Value) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    }
}

fn text(tag: Tag, text: &str) -> Field {
    field(tag, Value::Ascii(vec![text.as_bytes().to_vec()]))
}

fn rational(tag: Tag, (num, denom): (u32, u32)) -> Field {
    field(tag, Value::Rational(vec![Rational { num, denom }]))
}

fn angle(tag: Tag, [degrees, minutes, hundredths]: [u32; 3]) -> Field {
    let whole = |num| Rational { num, denom: 1 };
    let seconds = Rational {
        num: hundredths,
        denom: 100,
    };
    field(
        tag,
        Value::Rational(vec![whole(degrees), whole(minutes), seconds]),
    )
}

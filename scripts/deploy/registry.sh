# A function's image in the environment's registry. Sourced.

archive=oci-archive:target/images/$function.oci.tar
registry=$region-docker.pkg.dev
repository=$registry/$project/darkroom/$function

# skopeo's sign-in is for this command alone.
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
export REGISTRY_AUTH_FILE=$work/auth.json

# What the image is tagged with. What serves must be found again in the history.
commit() {
  local commit
  commit=$(git describe --always --dirty --abbrev=12 --exclude '*')
  is_dry || [[ $commit != *-dirty ]] || fail "there are uncommitted changes: commit them first"
  echo "$commit"
}

# Builds and pushes the image, and prints its name, by digest. Terraform creates functions with what is
# tagged `latest`.
push_image() {
  local commit tag digest token
  commit=$(commit)
  run make --no-print-directory "image-$function"
  digest=$(ask '<digest>' skopeo inspect --format '{{.Digest}}' "$archive")
  token=$(ask '<token>' gcloud auth print-access-token)
  run skopeo login --username oauth2accesstoken --password-stdin "$registry" <<<"$token"
  for tag in "$commit" latest; do
    run skopeo copy --preserve-digests "$archive" "docker://$repository:$tag"
  done
  echo "$repository@$digest"
}

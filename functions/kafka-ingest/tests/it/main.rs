//! The commands, as processes, on a mock cluster and local-cloud.

mod dead_letters;
mod lag;
mod replay;
mod support;
mod topics;

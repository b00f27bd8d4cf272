//! The program as its users meet it: run as a process, against real servers on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod bulk;
mod cli;
mod examples;
mod faults;
mod fuzz;
mod harness;
mod key;
mod lossless;
mod pager;
mod readable;
mod retries;
mod rows;
mod schemas;
mod shells;
mod source;
mod startup;
mod statuses;
mod terminal;
mod tls;
mod views;
mod zones;

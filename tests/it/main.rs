//! The program as its users meet it: run as a process, against real servers on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod arrays;
mod bulk;
mod cli;
mod codings;
mod examples;
mod excel;
mod faults;
mod folders;
mod fuzz;
mod harness;
mod key;
mod lossless;
mod misfits;
mod python;
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

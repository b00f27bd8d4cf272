//! The program as its users meet it: run as a process, against real servers on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod arrays;
mod bench;
#[cfg(target_os = "linux")]
mod browser;
mod bulk;
mod cli;
mod cluster;
mod codings;
mod corpus;
mod examples;
mod excel;
mod faults;
mod filters;
mod folders;
mod fuzz;
mod gaps;
mod gateway;
mod harness;
mod key;
mod lossless;
mod manual;
mod misfits;
mod mistakes;
mod order;
mod out_dir;
mod output_file;
mod pace;
mod page_figures;
mod pager;
mod prefixes;
mod progress;
mod proxies;
mod python;
mod readable;
mod relay;
mod report;
mod retries;
mod rows;
mod schemas;
mod screens;
mod secure;
#[cfg(target_os = "linux")]
mod shells;
mod signals;
mod source;
mod startup;
mod statuses;
mod terminal;
mod tls;
#[cfg(target_os = "linux")]
mod typing;
mod views;
mod whole_files;
mod zones;

//! `missing`.

use clap::ValueEnum as _;

use super::{Counted, Run, for_reading, remarks};
use crate::cli::{MissingArgs, MissingCondition};
use crate::exit::Exit;
use crate::render::rows::{Format, Writer};
use crate::render::{missing as render, overview};
use crate::view::missing::{self as view, Input, MissingRow, Summary, SummaryRow};

impl Run<'_> {
    /// `missing`.
    pub(super) fn missing(mut self, args: &MissingArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(for_reading(args.format));
        let format = Format::from(args.format);
        let (options, layout) = (self.options.clone(), format.options(&self.options));
        let mut matched = false;
        if args.summary {
            let mut summary = Summary::default();
            let mut counted = Counted::default();
            self.each(&mut documents, |document| {
                let input: Input<'_> = document.read()?;
                matched |= declares(&input, &args.fail_on);
                summary.add(&view::rows(&input));
                Ok(counted.remarks(document, &input))
            })?;
            let rows = summary.rows();
            let mut writer = Writer::new::<SummaryRow>(format, &options, &mut out)?;
            writer.push(&rows, || render::summary(&summary, &rows, &layout))?;
            writer.end()?;
        } else {
            let mut writer = Writer::new::<MissingRow<'_>>(format, &options, &mut out)?;
            self.each(&mut documents, |document| {
                let input: Input<'_> = document.read()?;
                matched |= declares(&input, &args.fail_on);
                let rows = if args.all { view::all(&input) } else { view::rows(&input) };
                writer.push(&rows, || {
                    let title = overview::title(&input, &layout);
                    if args.all {
                        render::all(title, &rows, &layout)
                    } else {
                        render::section(title, &rows, &layout)
                    }
                })?;
                if document.is_fetched() {
                    writer.flush()?;
                }
                Ok(remarks(document, &input))
            })?;
            writer.end()?;
        }
        out.finish()?;
        Ok(self.close(matched))
    }
}

/// Whether the document declares one of these reasons. One that is due and not declared does not
/// count: scripts rely on what the API says.
fn declares(input: &Input<'_>, conditions: &[MissingCondition]) -> bool {
    conditions.iter().any(|condition| {
        *condition == MissingCondition::Any && !input.missing_evidence_reasons.is_empty()
            || condition.to_possible_value().is_some_and(|value| {
                view::declared(input).any(|reason| reason.as_str() == value.get_name())
            })
    })
}

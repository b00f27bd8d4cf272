//! `tools`.

use super::{Counted, Run, for_reading, remarks};
use crate::cli::{ToolCondition, ToolsArgs};
use crate::exit::Exit;
use crate::model::MissingEvidenceReason;
use crate::render::rows::{Format, Writer};
use crate::render::{overview, tools as render};
use crate::view::tools::{self as view, Counts, Input, Status, Summary, SummaryRow, ToolRow};

impl Run<'_> {
    /// `tools`.
    ///
    /// `--name` narrows everything. `--only` narrows what is shown and nothing else: `--fail-on`
    /// looks at the calls that it leaves out too.
    pub(super) fn tools(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
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
                let rows = calls(&input, &args.name);
                matched |= rows.iter().any(|row| has_status(row, &args.fail_on));
                summary.add(&rows);
                Ok(counted.remarks(document, &input))
            })?;
            let sessions = summary.sessions;
            let rows = summary.rows();
            let mut writer = Writer::new::<SummaryRow>(format, &options, &mut out)?;
            writer.push(&rows, || render::summary(sessions, &rows, &layout))?;
            writer.end()?;
        } else {
            let mut writer = Writer::new::<ToolRow<'_>>(format, &options, &mut out)?;
            self.each(&mut documents, |document| {
                let input: Input<'_> = document.read()?;
                let rows = calls(&input, &args.name);
                matched |= rows.iter().any(|row| has_status(row, &args.fail_on));
                let shown: Vec<&ToolRow<'_>> = rows
                    .iter()
                    .filter(|row| args.only.is_empty() || has_status(row, &args.only))
                    .collect();
                writer.push(shown.clone(), || {
                    let page = render::Page {
                        title: overview::title(&input, &layout),
                        shown,
                        all: Counts::of(&rows),
                        named: !args.name.is_empty(),
                        declares_none: input
                            .missing_evidence_reasons
                            .contains(&MissingEvidenceReason::NoToolTrace),
                        full: args.full,
                    };
                    render::section(page, &layout)
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

/// The document's calls of these tools; of all where none is named.
fn calls<'a>(input: &'a Input<'a>, names: &[String]) -> Vec<ToolRow<'a>> {
    let mut rows = view::rows(&input.session_id, &input.messages, &input.tool_calls);
    if !names.is_empty() {
        rows.retain(|row| row.name.is_some_and(|name| names.iter().any(|other| other == name)));
    }
    rows
}

/// Whether the call has one of these states.
fn has_status(row: &ToolRow<'_>, conditions: &[ToolCondition]) -> bool {
    conditions.iter().any(|condition| Status::from(*condition) == row.status)
}

impl From<ToolCondition> for Status {
    fn from(condition: ToolCondition) -> Self {
        match condition {
            ToolCondition::Ok => Self::Ok,
            ToolCondition::Error => Self::Error,
            ToolCondition::NoResult => Self::NoResult,
            ToolCondition::Unrecorded => Self::Unrecorded,
        }
    }
}

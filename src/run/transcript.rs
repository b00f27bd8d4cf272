//! `transcript`: read the conversation, with its evidence in place.

use std::io::{self, Write as _};

use super::figures::Asked;
use super::parts::in_parts;
use super::selection::Reader;
use super::tally::{ALL, Names, Share, Shown};
use super::{Done, Run};
use crate::cli::{RowFormat, TranscriptArgs, TranscriptCondition, TranscriptFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::figures::by::By;
use crate::figures::table::Table;
use crate::figures::transcript as figures;
use crate::render::frame::Framed;
use crate::render::transcript::{Format, frame, has_parts, write};
use crate::view::messages::{self, MessageFacts};
use crate::view::transcript::{Input, Selection, Transcript};

impl Run<'_> {
    /// `transcript`.
    pub(super) fn transcript(mut self, args: &TranscriptArgs) -> anyhow::Result<Exit> {
        if args.summary {
            return self.transcript_summary(args);
        }
        let selection = Selection {
            turns: args.turn.clone(),
            roles: args.role.clone(),
            flagged: args.only.contains(&TranscriptCondition::Flagged),
            evidence: !args.no_evidence,
        };
        let format = Format::try_from(args.format)?;
        let filters = !selection.is_whole();
        self.tally.names = (!args.role.is_empty())
            .then(|| Names::new("--role", &args.role, "no turn has this role", true));
        let documents = self.documents(&args.sessions)?;
        let mut out = self.out(true);
        self.options.full = args.full;
        let options = self.options.clone();
        let mut framed = Framed::new(frame(format, &options), &mut out);
        self.each(
            documents,
            &mut framed,
            || (),
            |document, (), out| {
                let input: Input<'_> = document.read()?;
                let by_two = document.is_alone();
                let transcript =
                    if by_two { Transcript::by_two(&input) } else { Transcript::new(&input) };
                let write = |places, out: &mut dyn io::Write| {
                    write(&transcript, &selection, format, &options, places, out)
                };
                let cores = document.cores().filter(|_| has_parts(&selection, format));
                let count = if filters { usize::from(transcript.has(&selection)) } else { ALL };
                let (told, mut shown) = Shown::write(count, out, |out| {
                    in_parts(transcript.places(), cores, write, out)
                })?;
                shown.remark = told.map(|told| format!("{}: {told}", document.origin().subject()));
                let roles = if args.role.is_empty() { &[][..] } else { transcript.roles() };
                let names = roles.iter().map(|role| (*role).to_owned()).collect();
                let share = Share { shown, names, ..Share::default() };
                Ok(Done::new(document, &input, ()).with(share))
            },
            Ok,
        )?;
        let (aside, remark) = self.tally.of_one();
        framed.write_all(&aside)?;
        framed.end()?;
        // Until then the terminal may be a pager's.
        out.finish()?;
        if let Some(remark) = remark {
            self.reporter.warn(&remark);
        }
        if let Some(left) = self.tally.sessions_left("such a turn").filter(|_| filters) {
            self.reporter.note(&left);
        }
        Ok(self.close())
    }

    /// `transcript --summary`.
    fn transcript_summary(mut self, args: &TranscriptArgs) -> anyhow::Result<Exit> {
        let format = match args.format {
            TranscriptFormat::Text | TranscriptFormat::Table => RowFormat::Table,
            TranscriptFormat::Markdown => RowFormat::Markdown,
            TranscriptFormat::Json => RowFormat::Json,
            TranscriptFormat::Ndjson => RowFormat::Ndjson,
            TranscriptFormat::Csv => RowFormat::Csv,
        };
        let count = |document: &Reader<'_>, tables: &mut Vec<Table>| {
            let input: messages::Input<'_> = document.read()?;
            let rows = messages::rows(&input);
            document.count(&input, tables, |sorter| figures::count(&rows, sorter))?;
            Ok(Done::new(document, &input, ()))
        };
        let asked = Asked {
            sessions: &args.sessions,
            figures: &args.figures,
            plan: &figures::PLAN,
            more: &[],
            format: format.into(),
        };
        if asked.is_grouped() {
            return self.grouped::<MessageFacts<'_>>(&asked, count);
        }
        let own = |name| By::own::<MessageFacts<'_>>(name);
        let bys = [own("role")?, own("model_used")?, By::nothing()];
        let tables = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [roles, models, all] = &*tables {
            let rows = figures::rows(roles, models, all);
            self.figures(&rows, figures::page(&rows), format)?;
        }
        Ok(self.close())
    }
}

impl TryFrom<TranscriptFormat> for Format {
    type Error = Failure;

    fn try_from(format: TranscriptFormat) -> Result<Self, Failure> {
        match format {
            TranscriptFormat::Text => Ok(Self::Text),
            TranscriptFormat::Markdown => Ok(Self::Markdown),
            TranscriptFormat::Json => Ok(Self::Json),
            TranscriptFormat::Ndjson => Ok(Self::Ndjson),
            TranscriptFormat::Table | TranscriptFormat::Csv => {
                Err(Failure::usage("a transcript is no table: table and csv are for its figures")
                    .hint("add --summary, or use text, markdown, json or ndjson"))
            }
        }
    }
}

//! `transcript`: read the conversation, with its evidence in place.

use std::io;

use super::figures::Asked;
use super::parts::in_parts;
use super::selection::Reader;
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
                let transcript = Transcript::new(&input);
                let write = |places, out: &mut dyn io::Write| {
                    write(&transcript, &selection, format, &options, places, out)
                };
                let cores = document.cores().filter(|_| has_parts(&selection, format));
                let told = in_parts(transcript.places(), cores, write, out)?;
                let mut done = Done::new(document, &input, ());
                done.remarks.extend(told);
                Ok(done)
            },
            Ok,
        )?;
        framed.end()?;
        out.finish()?;
        Ok(self.close(false))
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
            Ok(Done::new(document, &input, false))
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
        let (tables, matched) = self.sum(&args.sessions, &figures::PLAN, &bys, count)?;
        if let [roles, models, all] = &*tables {
            let rows = figures::rows(roles, models, all);
            self.figures(&rows, figures::page(&rows), format)?;
        }
        Ok(self.close(matched))
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

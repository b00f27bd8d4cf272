//! `rag`: retrievals, their chunks, or figures over them.

use super::{Counted, Run, for_reading, remarks};
use crate::cli::{RagArgs, RagCondition};
use crate::exit::Exit;
use crate::render::rag;
use crate::render::rows::{Format, Writer};
use crate::view::rag::summary::Summary;
use crate::view::rag::{ChunkRow, Flag, Flags, Input, Rag, Row};

impl Run<'_> {
    /// `rag`.
    pub(super) fn rag(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        if args.summary {
            return self.rag_summary(args);
        }
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(for_reading(args.format));
        let format = Format::from(args.format);
        let options = format.options(&self.options);
        let (only, fail_on) = (flags(&args.only), flags(&args.fail_on));
        let mut matched = false;
        let mut writer = if args.chunks {
            Writer::new::<ChunkRow<'_>>(format, &options, &mut out)?
        } else {
            Writer::new::<Row<'_>>(format, &options, &mut out)?
        };
        self.each(&mut documents, |document| {
            let input: Input<'_> = document.read()?;
            let view = Rag::new(&input);
            matched |= view.flags().meets(fail_on);
            if args.chunks {
                rag::chunks(&mut writer, &view, only, &options)?;
            } else {
                rag::retrievals(&mut writer, &view, only, &options)?;
            }
            if document.is_fetched() {
                writer.flush()?;
            }
            Ok(remarks(document, &input))
        })?;
        writer.end()?;
        out.finish()?;
        Ok(self.close(matched))
    }

    /// `rag --summary`.
    fn rag_summary(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        let fail_on = flags(&args.fail_on);
        let mut matched = false;
        let mut summary = Summary::default();
        let mut counted = Counted::default();
        self.each(&mut documents, |document| {
            let input: Input<'_> = document.read()?;
            let view = Rag::new(&input);
            matched |= view.flags().meets(fail_on);
            summary.add(&view);
            Ok(counted.remarks(document, &input))
        })?;
        let mut out = self.out(for_reading(args.format));
        rag::summary::write(&summary.figures(), args.format.into(), &self.options, &mut out)?;
        out.finish()?;
        Ok(self.close(matched))
    }
}

fn flags(conditions: &[RagCondition]) -> Flags {
    conditions.iter().map(|condition| Flag::from(*condition)).collect()
}

impl From<RagCondition> for Flag {
    fn from(condition: RagCondition) -> Self {
        match condition {
            RagCondition::Miss => Self::Miss,
            RagCondition::Unanswerable => Self::Unanswerable,
            RagCondition::Uncited => Self::Uncited,
            RagCondition::CitedNotRetrieved => Self::CitedNotRetrieved,
            RagCondition::Orphan => Self::Orphan,
        }
    }
}

//! `transcript`: read the conversation, with its evidence in place.

use super::{Done, Run};
use crate::cli::{TranscriptArgs, TranscriptFormat};
use crate::exit::Exit;
use crate::render::frame::Framed;
use crate::render::transcript::{Format, frame, write};
use crate::view::transcript::{Input, Selection, Transcript};

impl Run<'_> {
    /// `transcript`.
    pub(super) fn transcript(mut self, args: &TranscriptArgs) -> anyhow::Result<Exit> {
        let selection = Selection {
            turns: args.turn.clone(),
            roles: args.role.clone(),
            evidence: !args.no_evidence,
        };
        let format = Format::from(args.format);
        let mut documents = self.documents(&args.sessions)?;
        let mut out = self.out(matches!(format, Format::Text | Format::Markdown));
        self.options.full = args.full;
        let options = self.options.clone();
        let mut framed = Framed::new(frame(format, &options), &mut out);
        self.each(
            &mut documents,
            &mut framed,
            |document, out| {
                let input: Input<'_> = document.read().map_err(|failure| {
                    // Read once more, whole, since that names the very place in a retrieval.
                    document.read_whole().err().unwrap_or(failure)
                })?;
                let told = write(&Transcript::new(&input), &selection, format, &options, out)?;
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
}

impl From<TranscriptFormat> for Format {
    fn from(format: TranscriptFormat) -> Self {
        match format {
            TranscriptFormat::Text => Self::Text,
            TranscriptFormat::Markdown => Self::Markdown,
            TranscriptFormat::Json => Self::Json,
            TranscriptFormat::Ndjson => Self::Ndjson,
        }
    }
}

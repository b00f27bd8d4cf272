//! `transcript`.

use super::Run;
use crate::cli::TranscriptArgs;
use crate::exit::Exit;

impl Run<'_> {
    /// `transcript`.
    pub(super) fn transcript(mut self, args: &TranscriptArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        self.each(&mut documents, |_document| Ok(Vec::new()))?;
        Ok(self.close(false))
    }
}

//! `rag`.

use super::Run;
use crate::cli::RagArgs;
use crate::exit::Exit;

impl Run<'_> {
    /// `rag`.
    pub(super) fn rag(mut self, args: &RagArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        self.each(&mut documents, |_document| Ok(Vec::new()))?;
        Ok(self.close(false))
    }
}

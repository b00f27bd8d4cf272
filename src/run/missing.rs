//! `missing`.

use super::Run;
use crate::cli::MissingArgs;
use crate::exit::Exit;

impl Run<'_> {
    /// `missing`.
    pub(super) fn missing(mut self, args: &MissingArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        self.each(&mut documents, |_document| Ok(Vec::new()))?;
        Ok(self.close(false))
    }
}

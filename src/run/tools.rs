//! `tools`.

use super::Run;
use crate::cli::ToolsArgs;
use crate::exit::Exit;

impl Run<'_> {
    /// `tools`.
    pub(super) fn tools(mut self, args: &ToolsArgs) -> anyhow::Result<Exit> {
        let mut documents = self.documents(&args.sessions)?;
        self.each(&mut documents, |_document| Ok(Vec::new()))?;
        Ok(self.close(false))
    }
}

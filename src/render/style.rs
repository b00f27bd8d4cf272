//! Colours: the only place that names them. Plain by default.

use comfy_table::{Attribute, Cell, Color};
use owo_colors::{OwoColorize as _, Style};

use crate::rows::Tone;

/// A style for a stretch of text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ink(Style);

impl Ink {
    /// The text in this style; as it is where the style is plain.
    pub fn paint(self, text: &str) -> String {
        text.style(self.0).to_string()
    }
}

/// Every style there is. The default is plain: callers never ask whether to colour.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    /// Whether any of them colours.
    pub color: bool,
    /// The word `error:` and what failed.
    pub error: Ink,
    /// The word `warning:` and what needs a look.
    pub warning: Ink,
    /// What went well.
    pub good: Ink,
    /// What may be passed over.
    pub dim: Ink,
    /// Headings and names.
    pub strong: Ink,
    /// The customer.
    pub user: Ink,
    /// The agent.
    pub assistant: Ink,
    /// Tools, and what they returned.
    pub tool: Ink,
    /// Any other role.
    pub other: Ink,
}

impl Styles {
    /// Coloured styles, or plain ones.
    pub fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        Self {
            color,
            error: Ink(Style::new().red().bold()),
            warning: Ink(Style::new().yellow().bold()),
            good: Ink(Style::new().green()),
            dim: Ink(Style::new().dimmed()),
            strong: Ink(Style::new().bold()),
            user: Ink(Style::new().cyan().bold()),
            assistant: Ink(Style::new().green().bold()),
            tool: Ink(Style::new().magenta()),
            other: Ink(Style::new().blue().bold()),
        }
    }

    /// The style that a tone stands for.
    pub fn ink(&self, tone: Tone) -> Ink {
        match tone {
            Tone::Plain => Ink::default(),
            Tone::Dim => self.dim,
            Tone::Strong => self.strong,
            Tone::Good => self.good,
            Tone::Warn => self.warning,
            Tone::Bad => self.error,
        }
    }
}

/// A table's cell in the style that a tone stands for.
pub fn cell(tone: Tone, cell: Cell) -> Cell {
    match tone {
        Tone::Plain => cell,
        Tone::Dim => cell.add_attribute(Attribute::Dim),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Warn => cell.fg(Color::DarkYellow).add_attribute(Attribute::Bold),
        Tone::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_styles_leave_text_alone() {
        assert_eq!(Styles::default().error.paint("x"), "x");
        assert_eq!(Styles::new(true).error.paint("x"), "\u{1b}[31;1mx\u{1b}[0m");
    }
}

//! Colours: the only place that names them. Plain by default.
//!
//! They are taken from the 256 that every palette leaves alone, and are neither light nor dark: what a
//! theme makes of the sixteen basic ones, or of faint text, can often not be read on its own
//! background. A test holds each against black, white and both Solarized backgrounds.

use comfy_table::{Attribute, Cell, Color};
use owo_colors::{OwoColorize as _, Style, XtermColors};

use crate::rows::Tone;

const RED: u8 = 196;
const AMBER: u8 = 136;
const GREEN: u8 = 28;
const GREY: u8 = 244;
const TEAL: u8 = 31;
const MAGENTA: u8 = 133;
const STEEL: u8 = 68;

/// A style for a stretch of text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ink(Style);

impl Ink {
    /// The text in this style; as it is where the style is plain.
    pub fn paint(self, text: &str) -> String {
        text.style(self.0).to_string()
    }

    /// What begins it.
    pub fn begin(self) -> String {
        self.0.prefix_formatter().to_string()
    }

    /// What ends it.
    pub fn end(self) -> String {
        self.0.suffix_formatter().to_string()
    }

    const fn bold(self) -> Self {
        Self(self.0.bold())
    }
}

/// Text in one of the 256 colours.
fn ink(color: u8) -> Ink {
    Ink(Style::new().color(XtermColors::from(color)))
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
    /// A key of JSON.
    pub key: Ink,
    /// A string of JSON.
    pub string: Ink,
    /// Null.
    pub null: Ink,
}

impl Styles {
    /// Coloured styles, or plain ones.
    pub fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        Self {
            color,
            error: ink(RED).bold(),
            warning: ink(AMBER).bold(),
            good: ink(GREEN),
            dim: ink(GREY),
            strong: Ink::default().bold(),
            user: ink(TEAL).bold(),
            assistant: ink(GREEN).bold(),
            tool: ink(MAGENTA),
            other: ink(STEEL).bold(),
            key: ink(STEEL).bold(),
            string: ink(GREEN),
            null: ink(GREY),
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
            Tone::User => self.user,
            Tone::Assistant => self.assistant,
            Tone::Tool => self.tool,
            Tone::Other => self.other,
        }
    }
}

/// A table's cell in the style that a tone stands for.
pub fn cell(tone: Tone, cell: Cell) -> Cell {
    match tone {
        Tone::Plain => cell,
        Tone::Dim => cell.fg(Color::AnsiValue(GREY)),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::AnsiValue(GREEN)),
        Tone::Warn => cell.fg(Color::AnsiValue(AMBER)).add_attribute(Attribute::Bold),
        Tone::Bad => cell.fg(Color::AnsiValue(RED)).add_attribute(Attribute::Bold),
        Tone::User => cell.fg(Color::AnsiValue(TEAL)).add_attribute(Attribute::Bold),
        Tone::Assistant => cell.fg(Color::AnsiValue(GREEN)).add_attribute(Attribute::Bold),
        Tone::Tool => cell.fg(Color::AnsiValue(MAGENTA)),
        Tone::Other => cell.fg(Color::AnsiValue(STEEL)).add_attribute(Attribute::Bold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_styles_leave_text_alone() {
        assert_eq!(Styles::default().error.paint("x"), "x");
        assert_eq!(Styles::new(true).error.paint("x"), "\u{1b}[38;5;196;1mx\u{1b}[0m");
    }

    /// The red, green and blue of a colour of the cube or of the greys.
    fn rgb(color: u8) -> [u8; 3] {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        match color {
            0..16 => panic!("{color} is what the palette makes of it"),
            232.. => [8 + 10 * (color - 232); 3],
            _ => [(color - 16) / 36, (color - 16) / 6 % 6, (color - 16) % 6].map(level),
        }
    }

    /// WCAG's relative luminance.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let [red, green, blue] = rgb.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_black_white_and_solarized() {
        // No colour has more than 3.7 on all four.
        const LEAST: f64 = 3.0;
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        let backgrounds = [[0; 3], [255; 3], [0x00, 0x2b, 0x36], [0xfd, 0xf6, 0xe3]];
        let styles = Styles::new(true);
        let inks = [
            styles.error,
            styles.warning,
            styles.good,
            styles.dim,
            styles.strong,
            styles.user,
            styles.assistant,
            styles.tool,
            styles.other,
            styles.key,
            styles.string,
            styles.null,
        ];
        let mut painted: Vec<String> = inks.map(|ink| ink.paint("x")).to_vec();
        let tones = [
            Tone::Plain,
            Tone::Dim,
            Tone::Strong,
            Tone::Good,
            Tone::Warn,
            Tone::Bad,
            Tone::User,
            Tone::Assistant,
            Tone::Tool,
            Tone::Other,
        ];
        painted.extend(tones.map(|tone| {
            let mut table = comfy_table::Table::new();
            table.load_style(comfy_table::presets::NOTHING).enforce_styling();
            table.add_row([cell(tone, Cell::new("x"))]).to_string()
        }));
        let mut colours = 0;
        for text in &painted {
            let sequences = text.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m'));
            for (codes, _) in sequences {
                let codes: Vec<u8> = codes.split(';').map(|code| code.parse().unwrap()).collect();
                match codes[..] {
                    [38, 5, colour] | [38, 5, colour, 1] => {
                        colours += 1;
                        for background in backgrounds {
                            let contrast = contrast(rgb(colour), background);
                            assert!(contrast >= LEAST, "{colour} on {background:?}: {contrast}");
                        }
                    }
                    // Nothing, bold, and their ends: no basic colour, and nothing faint.
                    [0 | 1 | 22 | 39] => {}
                    _ => panic!("{text:?}"),
                }
            }
        }
        assert!(colours >= 15, "{painted:?}");
    }
}

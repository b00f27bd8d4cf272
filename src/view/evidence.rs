//! What can be told of a session's overview from what each view reads of its document anyway, so that
//! a condition or a group costs no second reading.

use super::calls::join;
use super::overview::{
    self, CALLS, EVIDENCE, MESSAGES, OverviewRow, RETRIEVALS, head, row, row_of,
};
use super::rag::Rag;
use super::{gaps, messages, missing, rag, tools, transcript};
use crate::model::{SessionAnalysisInput, Skipped};

/// What a view reads of a document.
pub trait Overviewed {
    /// Of [`EVIDENCE`], what it can tell.
    const TELLS: &'static [&'static [&'static str]];

    /// The document's row; what it cannot tell is left blank.
    fn overview(&self) -> OverviewRow<'_>;

    /// Whether it can tell a field.
    fn tells(field: &str) -> bool {
        let among = |lists: &[&[&str]]| lists.iter().any(|list| list.contains(&field));
        among(Self::TELLS) || !among(EVIDENCE)
    }
}

impl Overviewed for overview::Input<'_> {
    const TELLS: &'static [&'static [&'static str]] = EVIDENCE;

    fn overview(&self) -> OverviewRow<'_> {
        row(self)
    }
}

impl Overviewed for SessionAnalysisInput<'_> {
    const TELLS: &'static [&'static [&'static str]] = EVIDENCE;

    fn overview(&self) -> OverviewRow<'_> {
        row_of(&Rag::new(self))
    }
}

impl Overviewed for rag::Input<'_> {
    const TELLS: &'static [&'static [&'static str]] = &[RETRIEVALS];

    fn overview(&self) -> OverviewRow<'_> {
        head(self).with_retrievals(&Rag::new(self))
    }
}

impl Overviewed for tools::Input<'_> {
    const TELLS: &'static [&'static [&'static str]] = &[CALLS];

    fn overview(&self) -> OverviewRow<'_> {
        head(self).with_calls(&join(&self.messages, &self.tool_calls, |_| None))
    }
}

impl Overviewed for messages::Input<'_> {
    const TELLS: &'static [&'static [&'static str]] = &[MESSAGES];

    fn overview(&self) -> OverviewRow<'_> {
        head(self).with_messages(&self.messages)
    }
}

impl Overviewed for transcript::Input<'_> {
    const TELLS: &'static [&'static [&'static str]] = &[MESSAGES, CALLS];

    fn overview(&self) -> OverviewRow<'_> {
        let calls = join(&self.messages, &self.tool_calls, |_| None);
        head(self).with_calls(&calls).with_messages(&self.messages)
    }
}

macro_rules! no_more_than_the_head {
    ($($input:ty),+) => {
        $(impl Overviewed for $input {
            const TELLS: &'static [&'static [&'static str]] = &[];

            fn overview(&self) -> OverviewRow<'_> {
                head(self)
            }
        })+
    };
}

no_more_than_the_head!(
    missing::Input<'_>,
    gaps::Input<'_>,
    SessionAnalysisInput<'_, Skipped, Skipped, Skipped, Skipped>
);

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    fn told<'a, I: Overviewed + Deserialize<'a>>(
        text: &'a str,
        input: &'a mut Option<I>,
    ) -> (Value, Vec<String>) {
        let input = input.insert(serde_json::from_str(text).unwrap());
        let row = serde_json::to_value(input.overview()).unwrap();
        let fields = row.as_object().unwrap().keys().filter(|field| I::tells(field)).cloned();
        let fields = fields.collect();
        (row, fields)
    }

    #[test]
    fn what_a_view_tells_of_a_session_is_what_its_overview_says() {
        let samples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/sessions"));
        for sample in samples.unwrap() {
            let text = std::fs::read_to_string(sample.unwrap().path()).unwrap();
            let (whole, all) = told::<overview::Input<'_>>(&text, &mut None);
            assert_eq!(all.len(), whole.as_object().unwrap().len());
            let mut fields = 0;
            for (row, told) in [
                told::<SessionAnalysisInput<'_>>(&text, &mut None),
                told::<rag::Input<'_>>(&text, &mut None),
                told::<tools::Input<'_>>(&text, &mut None),
                told::<messages::Input<'_>>(&text, &mut None),
                told::<transcript::Input<'_>>(&text, &mut None),
                told::<missing::Input<'_>>(&text, &mut None),
                told::<gaps::Input<'_>>(&text, &mut None),
            ] {
                fields += told.len();
                for field in told {
                    assert_eq!(row[&field], whole[&field], "{field}");
                }
            }
            assert!(fields > 7 * 20);
        }
    }
}

//! Citations, to be looked for by turn, document and chunk.

use crate::model::CitedChunk;

/// The citations of a session in the order of what they say, so that many take little room.
#[derive(Debug)]
pub struct Citations<'a> {
    list: &'a [CitedChunk<'a>],
    sorted: Vec<Place>,
}

/// A citation: where its turn stands, and where it stands itself in the document's list.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    turn: u32,
    index: u32,
}

impl<'a> Citations<'a> {
    /// Sorts a document's citations, whose turns stand at these places.
    pub fn new(list: &'a [CitedChunk<'a>], turns: impl Iterator<Item = usize>) -> Self {
        let place = |(index, turn)| Place { turn: narrow(turn), index: narrow(index) };
        let mut sorted: Vec<Place> = turns.enumerate().map(place).collect();
        sorted.sort_unstable_by_key(|place| (place.turn, says(list, *place), place.index));
        Self { list, sorted }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Which document and chunk a citation names.
    fn says(&self, place: Place) -> (&'a str, &'a str) {
        says(self.list, place)
    }

    /// The citations of a turn, by where it stands.
    pub fn of_turn(&self, turn: usize) -> &[Place] {
        let turn = narrow(turn);
        let begin = self.sorted.partition_point(|place| place.turn < turn);
        let rest = self.sorted.get(begin..).unwrap_or_default();
        // There are few.
        let length = rest.iter().take_while(|place| place.turn == turn).count();
        rest.get(..length).unwrap_or_default()
    }

    /// The first citation of a chunk, in the document's order, among those of one turn.
    pub fn find(&self, of_turn: &[Place], doc_id: &str, chunk_id: &str) -> Option<Place> {
        let first = of_turn.partition_point(|place| self.says(*place) < (doc_id, chunk_id));
        let found = of_turn.get(first).copied();
        found.filter(|place| self.says(*place) == (doc_id, chunk_id))
    }

    /// Whether any of one turn's citations passes a test of its chunk's id.
    pub fn any(&self, of_turn: &[Place], test: impl Fn(&str) -> bool) -> bool {
        of_turn.iter().any(|place| test(self.says(*place).1))
    }

    /// Those that have the same turn, document and chunk, each time the first one first.
    pub fn same(&self) -> impl Iterator<Item = &[Place]> {
        self.sorted
            .chunk_by(|one, other| one.turn == other.turn && self.says(*one) == self.says(*other))
    }
}

impl Place {
    /// Its index in the document's list.
    pub const fn index(self) -> usize {
        self.index as usize
    }

    /// Where its turn stands.
    pub const fn turn(self) -> usize {
        self.turn as usize
    }
}

fn says<'a>(list: &'a [CitedChunk<'a>], place: Place) -> (&'a str, &'a str) {
    let citation = list.get(place.index());
    citation.map_or(("", ""), |citation| (&*citation.doc_id, &*citation.chunk_id))
}

/// No document holds more than four thousand million of anything: it could not be that large.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

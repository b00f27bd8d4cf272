//! What a row is, whichever view it is of and whichever format it is printed in.

pub mod spell;

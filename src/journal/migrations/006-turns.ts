/** Sealed samples are found by their turns: how a reader goes on that copies them. */

export const turns = `
CREATE INDEX chunks_by_turn ON chunks (turn_first);
`

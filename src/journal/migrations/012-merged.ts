/** Chunks that are not part of the journal, found at once: those that a crash left half written, and those that were merged into another. */

export const merged = `
CREATE INDEX chunks_unsealed ON chunks (id) WHERE sealed = 0;
`

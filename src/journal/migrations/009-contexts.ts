/** Contexts found by the hours that were worked for them: one that no hour is left of can be forgotten. */

export const contexts = `
CREATE INDEX hours_by_context ON hours (context);
`

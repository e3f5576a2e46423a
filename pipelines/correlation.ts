/** Whose trace the items go on in that a stage makes of others: see `trace.correlate` in a document. */
export type Correlation = 'parent' | 'link'

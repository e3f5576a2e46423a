/** All exporters: lines of JSON on stderr, an OTLP collector over HTTP, or none. */
export const traceExporters = ['console', 'otlp', 'none'] as const

/** Where spans go. */
export type TraceExporter = (typeof traceExporters)[number]

export { attributeNames } from './attributes.ts'
export type { TraceExporter } from './trace-exporter.ts'
export { tracing } from './tracing.ts'
export type { TracingOptions } from './tracing-options.ts'

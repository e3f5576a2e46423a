import { z } from 'zod'
import type { OptionFields } from './definition.ts'
import type { FunctionPlan } from './function-plan.ts'

/** What a piece of text in a document stands for, where it is more than text. */
export type TextRole = 'function' | 'path'

const roles = z.registry<{ role: TextRole }>()

/** What the definitions of sources, sinks and steps declare their options with. */
export const optionFields: OptionFields = {
  z,
  functionText: () => {
    const schema = z.string()
    roles.add(schema, { role: 'function' })
    // The checks of a document put the plan of the function in the place of its text.
    return schema as unknown as z.ZodType<FunctionPlan, string>
  },
  pathText: () => {
    const schema = z.string().min(1)
    roles.add(schema, { role: 'path' })
    return schema
  },
}

/** The schema without what makes it optional, nullable or defaulted. */
export function unwrapSchema(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
  return isWrapped ? unwrapSchema(schema.unwrap()) : schema
}

/** What text at this place of a schema stands for; undefined for plain text. */
export function textRole(schema: z.core.$ZodType): TextRole | undefined {
  return roles.get(unwrapSchema(schema))?.role
}

/** The schema of a key or an index, or undefined where the schema says nothing of it. */
export function schemaOf(schema: z.core.$ZodType | undefined, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = schema === undefined ? undefined : unwrapSchema(schema)
  // Not what every object has: a key of a document may be `constructor`.
  if (inner instanceof z.ZodObject) return Object.hasOwn(inner.shape, key) ? inner.shape[String(key)] : undefined
  return inner instanceof z.ZodArray ? inner.element : undefined
}

/** The keys that an object schema knows. */
export function keysOf(schema: z.core.$ZodType | undefined): string[] {
  const inner = schema === undefined ? undefined : unwrapSchema(schema)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

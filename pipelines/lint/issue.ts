import type { z } from 'zod'
import { type DocumentNode, describeNode } from '../document.ts'
import { findNearest } from '../suggest.ts'

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
}

/** What is wrong with the value of a key, as the text of a problem. */
export function describeIssue(issue: z.core.$ZodIssue, key: string, node: DocumentNode): string {
  return `'${key}' must ${requirement(issue, node)}, not ${describeNode(node)}`
}

function requirement(issue: z.core.$ZodIssue, node: DocumentNode): string {
  switch (issue.code) {
    case 'invalid_type':
      return `be ${typeNames[issue.expected] ?? issue.expected}`
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'have something in it'
      return issue.inclusive === false ? `be more than ${issue.minimum}` : `be at least ${issue.minimum}`
    case 'too_big':
      return `be at most ${issue.maximum}`
    case 'invalid_value': {
      const nearest = findNearest(node.kind === 'scalar' ? String(node.value) : '', issue.values.map(String))
      return `be ${listed(issue.values.map(String))}${nearest === undefined ? '' : ` (did you mean '${nearest}'?)`}`
    }
    case 'invalid_union':
      return `be ${listed(issue.errors.flatMap((branch) => branch.slice(0, 1).map(unionPart)))}`
    default:
      return `be otherwise (${issue.message})`
  }
}

function unionPart(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return typeNames[issue.expected] ?? issue.expected
  return issue.message
}

function listed(words: readonly string[]): string {
  const unique = [...new Set(words)]
  const last = unique.pop() ?? ''
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`
}

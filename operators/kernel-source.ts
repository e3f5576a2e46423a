import { functionOf, type Step, type StepKind, waitsForTheEnd } from './step.ts'

/** One step's place while its code is written: its number, the variable with its item, and the block to leave for the next item. */
interface Place {
  k: number
  value: string
  block: string
  /** Whether the step has a function of its own. */
  hasFunction: boolean
  /** Whether a later step of the same loop may have had enough. */
  takeFollows: boolean
  count: number
  /** Whether somebody is told where it keeps what it takes in: `kept`. */
  tellsPlaces: boolean
  /** The code of the steps after this one, given the variable with their item. */
  rest: (value: string, block?: string) => string
}

/**
 * Writes the JavaScript of one loop over an array: the steps from `start` to the first that waits for the end of its input. The text
 * comes from the templates below and from counts that were checked; user functions are values, reached as `f0`, `f1`, ...
 *
 * Names in it: `v` an item, `n` a step's item counter, `a` an accumulator, `g` a group being filled, `t` a table; `at` the step
 * under way and `i` the items taken, both kept outside the `try` so that only a failure pays for knowing where it was; `stop` the
 * last `take` that has had enough.
 */
export function writeLoop(steps: readonly Step[], start: number, tellsPlaces: boolean): string {
  const given: string[] = []
  const write = (k: number, value: string, block: string): string => {
    const step = steps[k]
    if (step === undefined) return `out.push(${value})`
    given.push(value)
    return templates[step.kind]({
      k,
      value,
      block,
      hasFunction: functionOf(step) !== undefined,
      takeFollows: takeFollows(steps, k),
      count: 'count' in step ? step.count : 0,
      tellsPlaces: tellsPlaces && k === steps.length - 1,
      rest: (next, inner = block) => write(k + 1, next, inner),
    })
  }
  const body = write(start, `v${start}`, 'item')
  const last = start + given.length
  const kept = steps.flatMap((step, k) => (k >= start && k < last ? keptNames(step, k) : []))
  const items = Array.from({ length: last - start + 1 }, (_, j) => `v${start + j}`)
  return `(values, out) => {
  let ${['stop', ...kept].map((name) => `${name} = state.${name}`).join(', ')}
  let at = ${start}, i = 0, r, ${items.join(', ')}
  const length = values.length
  try {
    while (i < length) {
      v${start} = values[i++]
      item: { ${body} }
      ${takeFollows(steps, start - 1) ? `if (stop >= ${start}) break` : ''}
    }
  } catch (error) {
    fail(error, at, [${given.join(', ')}][at - ${start}], values[i - 1], i - 1, out)
  } finally {
    state.used = i
    ${['stop', ...kept].map((name) => `state.${name} = ${name}`).join('; ')}
  }
}`
}

const templates: { [Kind in StepKind]: (place: Place) => string } = {
  map: ({ k, value, rest }) =>
    `at = ${k}; v${k + 1} = f${k}(${value}, n${k}++); ${noPromise('map', `v${k + 1}`)}\n${rest(`v${k + 1}`)}`,
  filter: ({ k, value, block, rest }) =>
    `at = ${k}; r = f${k}(${value}, n${k}++)
    if (r !== true) { if (!r) break ${block}; ${noPromise('filter', 'r')} }\n${rest(value)}`,
  // Leaving the loop by `break` closes the iterator. `at` is set again after each item, for the iterator may be what fails next.
  flatMap: ({ k, value, takeFollows, rest }) =>
    `at = ${k}; r = f${k}(${value}, n${k}++)
    if (r === null || r === undefined || typeof r === 'string' || typeof r[Symbol.iterator] !== 'function') refuseIterable(r)
    for (v${k + 1} of r) {
      inner${k}: { ${rest(`v${k + 1}`, `inner${k}`)} }
      at = ${k}
      ${takeFollows ? `if (stop > ${k}) break` : ''}
    }`,
  take: ({ k, value, count, rest }) => `if (++n${k} === ${count}) stop = ${k}\n${rest(value)}`,
  skip: ({ k, value, block, count, rest }) => `if (n${k} < ${count}) { n${k}++; break ${block} }\n${rest(value)}`,
  distinct: (place) =>
    `${keyOf('distinct', place)}; if (!t${place.k}.isFirst(r)) break ${place.block}\n${place.rest(place.value)}`,
  batch: ({ k, value, block, count, rest }) =>
    `g${k}.push(${value}); if (g${k}.length < ${count}) break ${block}
    v${k + 1} = g${k}; g${k} = []\n${rest(`v${k + 1}`)}`,
  scan: ({ k, value, rest }) =>
    `at = ${k}; r = f${k}(a${k}, ${value}, n${k}++); ${noPromise('scan', 'r')}
    v${k + 1} = a${k} = r\n${rest(`v${k + 1}`)}`,
  reduce: ({ k, value }) => `at = ${k}; r = f${k}(a${k}, ${value}, n${k}++); ${noPromise('reduce', 'r')}; a${k} = r`,
  countBy: (place) => `${keyOf('countBy', place)}; ${keep(`t${place.k}.add(r)`, place)}`,
  sum: (place) => `${keyOf('sum', place)}; if (typeof r !== 'number') requireNumber(r); a${place.k} += r`,
  topN: (place) => `${keyOf('topN', place)}; ${keep(`t${place.k}.offer(r, ${place.value})`, place)}`,
}

function keep(call: string, { tellsPlaces }: Place): string {
  return tellsPlaces ? `kept(${call})` : call
}

function keyOf(kind: StepKind, { k, value, hasFunction }: Place): string {
  return hasFunction ? `at = ${k}; r = f${k}(${value}); ${noPromise(kind, 'r')}` : `at = ${k}; r = ${value}`
}

function noPromise(kind: StepKind, name: string): string {
  return `if (${name} instanceof Promise) refusePromise('${kind}', ${name})`
}

/** Whether a `take` comes after step `k` in the same loop. */
function takeFollows(steps: readonly Step[], k: number): boolean {
  for (const step of steps.slice(k + 1)) {
    if (step.kind === 'take') return true
    if (waitsForTheEnd(step)) return false
  }
  return false
}

/** What a step keeps from one call to the next in variables of its own. */
function keptNames(step: Step, k: number): string[] {
  switch (step.kind) {
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'take':
    case 'skip':
      return [`n${k}`]
    case 'scan':
    case 'reduce':
      return [`n${k}`, `a${k}`]
    case 'sum':
      return [`a${k}`]
    case 'batch':
      return [`g${k}`]
    default:
      return []
  }
}

import { SpanKind } from '@opentelemetry/api'
import type { ActorId, Hop } from '../engine/index.ts'
import {
  attributeNames,
  createAttributes,
  createSpanName,
  hopAttributes,
  hopSpanName,
  measuredNames,
} from './attributes.ts'
import { moreAttributes, type SpanShape, type SpanTemplate, spanTemplate } from './otlp-messages.ts'

/** What the spans of a hop are written from. */
export interface HopTemplates {
  /** The first span of a trace, and one that comes of an item from another actor. */
  readonly send: SpanTemplate
  readonly sendOn: SpanTemplate
  readonly process: SpanTemplate
  /** Of an item of which nothing came. */
  readonly drop: SpanTemplate
  readonly sendShape: SpanShape
  readonly sendOnShape: SpanShape
  readonly processShape: SpanShape
}

/** The templates of the hops of an actor. */
export class KnownTemplates {
  readonly #pipeline: string | undefined
  readonly #known = new WeakMap<Hop, HopTemplates>()
  #lastHop: Hop | undefined
  #lastTemplates: HopTemplates | undefined

  constructor(pipeline: string | undefined) {
    this.#pipeline = pipeline
  }

  // A stream's hop is one object for all of its items, and most often an actor has one stream at a time.
  of(hop: Hop): HopTemplates {
    if (hop === this.#lastHop && this.#lastTemplates !== undefined) return this.#lastTemplates
    let templates = this.#known.get(hop)
    if (templates === undefined) {
      templates = templatesOf(hop, this.#pipeline)
      this.#known.set(hop, templates)
    }
    this.#lastHop = hop
    this.#lastTemplates = templates
    return templates
  }

  /** The shape of the span of an item that begins in an actor. */
  creationIn(actor: ActorId): SpanShape {
    return {
      name: createSpanName(actor),
      kind: SpanKind.PRODUCER,
      attributes: createAttributes(actor, this.#pipeline),
      parent: undefined,
    }
  }
}

function templatesOf(hop: Hop, pipeline: string | undefined): HopTemplates {
  const sendShape: SpanShape = {
    name: hopSpanName(hop, 'send'),
    kind: SpanKind.PRODUCER,
    attributes: hopAttributes(hop, 'send', pipeline),
    parent: undefined,
    measured: measuredNames.send,
  }
  const sendOnShape: SpanShape = { ...sendShape, parent: 'local' }
  const processShape: SpanShape = {
    name: hopSpanName(hop, 'process'),
    kind: SpanKind.CONSUMER,
    attributes: hopAttributes(hop, 'process', pipeline),
    parent: 'remote',
    measured: measuredNames.process,
  }
  return {
    send: spanTemplate(sendShape),
    sendOn: spanTemplate(sendOnShape),
    process: spanTemplate(processShape),
    drop: spanTemplate(processShape, moreAttributes({ [attributeNames.itemDropped]: true })),
    sendShape,
    sendOnShape,
    processShape,
  }
}

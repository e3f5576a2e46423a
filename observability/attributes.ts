import type { Attributes } from '@opentelemetry/api'
import type { ActorId, Hop } from '../engine/index.ts'
import { parseActorName } from './stage-name.ts'

/**
 * Every name in the traces, by OpenTelemetry's conventions for resources and messaging where they have one:
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export const attributeNames = {
  serviceName: 'service.name',
  serviceInstanceId: 'service.instance.id',
  system: 'messaging.system',
  operationType: 'messaging.operation.type',
  operationName: 'messaging.operation.name',
  destinationName: 'messaging.destination.name',
  clientId: 'messaging.client.id',
  pipeline: 'flow.pipeline',
  stage: 'flow.stage',
  actorIndex: 'flow.actor.index',
  functionName: 'flow.function',
  /** Which item of its stream it is, from 0. */
  itemNumber: 'actorflow.item.number',
  /** The index of the actor, where a stage has several. */
  partition: 'actorflow.stage.partition',
  /** From the arrival in the actor to the hands of the consumer. */
  queueWaitMs: 'actorflow.queue_wait_ms',
  /** How long it was ready, and could not be sent. */
  creditWaitMs: 'actorflow.credit_wait_ms',
  /** How long it was in the consumer's hands. */
  handlerMs: 'actorflow.handler_ms',
  /** True where nothing came of an item: its trace ends there. */
  itemDropped: 'actorflow.item.dropped',
  /** How many sampled items an aggregate was made of, whether or not it has a link to each of them. */
  contributorCount: 'actorflow.contributor.count',
} as const

/** The two spans of a hop: the sender's and the receiver's. */
export type HopOperation = 'send' | 'process'

/** The name of a hop's span: `send words` in the stage before, `process words` in the stage itself. */
export function hopSpanName(hop: Hop, operation: HopOperation): string {
  return `${operation} ${parseActorName(hop.to.name).stage}`
}

/** The attributes of a hop's span in the actor that makes it. The destination of both is the stage that receives. */
export function hopAttributes(hop: Hop, operation: HopOperation, pipeline: string | undefined): Attributes {
  const actor = operation === 'send' ? hop.from : hop.to
  const { stage, index } = parseActorName(actor.name)
  return {
    [attributeNames.system]: 'actorflow',
    [attributeNames.operationType]: operation,
    [attributeNames.operationName]: operation,
    [attributeNames.destinationName]: parseActorName(hop.to.name).stage,
    [attributeNames.clientId]: actor.id,
    ...(pipeline === undefined ? {} : { [attributeNames.pipeline]: pipeline }),
    [attributeNames.stage]: stage,
    ...(index === undefined ? {} : { [attributeNames.actorIndex]: index }),
    [attributeNames.functionName]: hop.functionName,
  }
}

/** What identifies an actor as the origin of spans: one service for each stage, one instance for each of its actors. */
export function serviceAttributes(actor: ActorId, pipeline: string | undefined): Attributes {
  const name = pipeline === undefined ? actor.name : `${pipeline}.${parseActorName(actor.name).stage}`
  return { [attributeNames.serviceName]: name, [attributeNames.serviceInstanceId]: actor.id }
}

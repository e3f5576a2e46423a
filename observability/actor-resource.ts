import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import type { ActorId } from '../engine/index.ts'
import { serviceAttributes } from './attributes.ts'

/**
 * Where what an actor sends comes from, whichever signal it is. The names of stage and actor win over the environment's: one
 * service name for all actors would show one node.
 */
export function actorResource(actor: ActorId, pipeline: string | undefined): Resource {
  return defaultResource()
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(resourceFromAttributes(serviceAttributes(actor, pipeline)))
}

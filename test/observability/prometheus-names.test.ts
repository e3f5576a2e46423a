import { describe, expect, it } from 'vitest'
import { withUnit } from '../../observability/prometheus-names.ts'

describe('The name of a metric in Prometheus', () => {
  it.each<[string, string, 'counter' | 'gauge' | 'other', string]>([
    ['actorflow.stage.time', 's', 'counter', 'actorflow.stage.time_seconds'],
    ['http.server.request.duration', 'ms', 'other', 'http.server.request.duration_milliseconds'],
    ['process.memory.usage', 'By', 'other', 'process.memory.usage_bytes'],
    ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs.eventloop.utilization_ratio'],
    ['files', '1', 'other', 'files'],
    ['attempts', '1', 'counter', 'attempts'],
    ['actorflow.stage.items', '{item}', 'counter', 'actorflow.stage.items'],
    ['requests', '{request}/s', 'gauge', 'requests_per_second'],
    ['network', 'By/s', 'gauge', 'network_bytes_per_second'],
    ['uptime_seconds', 's', 'gauge', 'uptime_seconds'],
    ['cpu.seconds.total', 's', 'counter', 'cpu.seconds.total'],
    ['sold_total', 'kBy', 'counter', 'sold_kilobytes_total'],
    ['load', '%', 'gauge', 'load_percent'],
    ['tickets', 'box offices', 'gauge', 'tickets_box_offices'],
    ['tickets', '', 'gauge', 'tickets'],
    ['tickets', 'constructor', 'gauge', 'tickets_constructor'],
  ])('of %s in %s, a %s, is %s', (name, unit, kind, expected) => {
    expect(withUnit({ name, unit, kind })).toBe(expected)
  })
})

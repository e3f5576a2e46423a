const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as it is written on a command line, in milliseconds: `500ms`, `1.5s`, `10m`, `2h`, `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  const factor = units[unit]
  return factor === undefined ? undefined : Number(number) * factor
}

import { contributeTo, madeOf } from 'actorflow'

/** A day of a city, as a row of the weather files has it. */
export interface Day {
  readonly location: string
  /** `2012-01-31` */
  readonly date: string
  readonly precipitation: number
  readonly temp_max: number
  readonly temp_min: number
  readonly wind: number
}

/** What a month is like in a city, over all the years there are. */
export interface MonthOfCity {
  readonly city: string
  readonly month: string
  /** How many days this was made of. */
  readonly days: number
  /** Rain (or the water of snow) and wet days in such a month; wind and the lowest and highest temperature of a day. */
  readonly rainMm: number
  readonly wetDays: number
  readonly windMs: number
  readonly minC: number
  readonly maxC: number
}

export interface ClimateOptions {
  /** From how much rain on a day counts as wet. */
  readonly wetFromMm: number
}

interface Sums {
  readonly city: string
  readonly month: number
  readonly years: Set<string>
  days: number
  rain: number
  wetDays: number
  wind: number
  min: number
  max: number
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * A step: takes in all days, then gives a row for each month of each city, by city and month. It keeps only sums, and says which
 * days are in which: in traces, a row has links to its own days.
 */
export async function* byCityAndMonth(
  days: AsyncIterable<Day>,
  { wetFromMm }: ClimateOptions,
): AsyncGenerator<MonthOfCity> {
  const groups = new Map<string, Sums>()
  for await (const day of days) {
    const [year = '', month = ''] = day.date.split('-')
    const key = `${day.location} ${month}`
    let sums = groups.get(key)
    if (sums === undefined) {
      sums = {
        city: day.location,
        month: Number(month),
        years: new Set(),
        days: 0,
        rain: 0,
        wetDays: 0,
        wind: 0,
        min: 0,
        max: 0,
      }
      groups.set(key, sums)
    }
    contributeTo(sums)
    sums.years.add(year)
    sums.days += 1
    sums.rain += day.precipitation
    if (day.precipitation >= wetFromMm) sums.wetDays += 1
    sums.wind += day.wind
    sums.min += day.temp_min
    sums.max += day.temp_max
  }
  const sorted = [...groups.values()].sort((a, b) => a.city.localeCompare(b.city, 'en') || a.month - b.month)
  for (const sums of sorted) yield madeOf(sums, toRow(sums))
}

function toRow({ city, month, years, days, rain, wetDays, wind, min, max }: Sums): MonthOfCity {
  return {
    city,
    month: monthNames[month - 1] ?? String(month),
    days,
    rainMm: Math.round(rain / years.size),
    wetDays: oneDecimal(wetDays / years.size),
    windMs: oneDecimal(wind / days),
    minC: oneDecimal(min / days),
    maxC: oneDecimal(max / days),
  }
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10
}

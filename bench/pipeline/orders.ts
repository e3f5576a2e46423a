/** A row of the table, as csv-parse and the `file` source give it: all of it text. */
export interface OrderRow {
  readonly id: string
  readonly placedAt: string
  readonly customer: string
  readonly city: string
  readonly quantity: string
  readonly price: string
  readonly status: string
  readonly note: string
}

export interface Sale {
  readonly month: string
  readonly city: string
  readonly amount: number
}

export interface Count {
  readonly key: string
  readonly count: number
}

/** The cities there are. What stands in the table is not always spelt like this. */
export const cities: readonly string[] =
  `Aarhus Aberdeen Amsterdam Antwerp Athens Barcelona Basel Belfast Belgrade Bergen Berlin Bern Bilbao Bologna Bordeaux
  Bratislava Bremen Brno Brussels Bucharest Budapest Cardiff Cologne Copenhagen Dortmund Dresden Dublin Edinburgh
  Florence Frankfurt Gdansk Geneva Genoa Ghent Glasgow Gothenburg Granada Graz Hamburg Hanover Helsinki Innsbruck Krakow
  Lausanne Leipzig Lille Linz Lisbon Liverpool Ljubljana London Lyon Madrid Malaga Malmo Manchester Marseille Milan
  Munich Nantes Naples Nice Oslo Palermo Paris Porto Poznan Prague Riga Rome Rotterdam Salzburg Seville Sofia Stockholm
  Stuttgart Tallinn Tampere Toulouse Trieste Turin Utrecht Valencia Vienna Vilnius Warsaw Zagreb Zurich`.split(/\s+/)

export const isPaid = (row: OrderRow): boolean => row.status === 'paid'

export function toSale(row: OrderRow): Sale {
  return { month: row.placedAt.slice(0, 7), city: row.city, amount: Number(row.quantity) * Number(row.price) }
}

/** A little work. */
export function sizeKey({ month, amount }: Sale): string {
  return `${month} ${amount < 20 ? 'small' : amount < 100 ? 'medium' : 'large'}`
}

/** More work, some microseconds: the city is the one whose name is spelt most like what is written there. */
export function cityKey(sale: Sale): string {
  return `${nearestCity(sale.city)} ${sizeKey(sale)}`
}

/** What the sales are counted by. */
export const keys = { little: sizeKey, more: cityKey }
export type Work = keyof typeof keys

function nearestCity(name: string): string {
  let nearest = ''
  let least = Infinity
  for (const city of cities) {
    if (city === name) return city
    const distance = editDistance(name, city, least)
    if (distance >= least) continue
    least = distance
    nearest = city
  }
  return nearest
}

const row = new Uint8Array(64)

/** How many letters have to be changed, at most `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  for (let j = 0; j <= b.length; j += 1) row[j] = j
  for (let i = 1; i <= a.length; i += 1) {
    let diagonal = i - 1
    row[0] = i
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] as number
      const changed = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? diagonal : diagonal + 1
      row[j] = Math.min(changed, above + 1, (row[j - 1] as number) + 1)
      diagonal = above
    }
  }
  return row[b.length] as number
}

import type { AppCategory, WorkbenchApp } from '@/api/types'

export const CATEGORIES: AppCategory[] = ['emergency', 'office', 'people', 'data', 'other']
const MOST_RECENT = 8

export interface Shelf {
  name: 'fixed' | 'favourites' | 'recent' | AppCategory
  apps: WorkbenchApp[]
}

/** By the order that administrators gave, then as they came. */
const inOrder = (apps: WorkbenchApp[]) => [...apps].sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity) || Number(a.id) - Number(b.id))

/**
 * The workbench from top to bottom: what an administrator fixed, one's favourites, what one opened last, and everything by
 * category. Who searches or looks into one category wants that alone, each app once.
 */
export function shelvesOf(apps: WorkbenchApp[], wanted: { query: string; category: AppCategory | '' }): Shelf[] {
  const text = wanted.query.trim().toLowerCase()
  const found = apps.filter(
    ({ name, description, category }) =>
      (!wanted.category || category === wanted.category) &&
      [name.zh, name.en, description.zh, description.en].some((words) => words.toLowerCase().includes(text)),
  )
  const byCategory: Shelf[] = CATEGORIES.map((category) => ({
    name: category,
    apps: inOrder(found.filter((app) => app.category === category)),
  }))
  const own: Shelf[] =
    text || wanted.category
      ? []
      : [
          { name: 'fixed', apps: inOrder(found.filter((app) => app.fixed)) },
          { name: 'favourites', apps: found.filter((app) => app.favourite !== null).sort((a, b) => (a.favourite ?? 0) - (b.favourite ?? 0)) },
          {
            name: 'recent',
            apps: found
              .filter((app) => app.opened_at !== null)
              .sort((a, b) => Date.parse(b.opened_at ?? '') - Date.parse(a.opened_at ?? ''))
              .slice(0, MOST_RECENT),
          },
        ]
  return [...own, ...byCategory].filter((shelf) => shelf.apps.length > 0)
}

import type { Page } from '@/api/types'

/** For lists that are short by nature (the units directly below one): everything, page after page. */
export async function allPages<T>(fetcher: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await fetcher(cursor)
    items.push(...page.items)
    cursor = page.next
  } while (cursor)
  return items
}

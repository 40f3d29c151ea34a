import type { Audience, Official, Post } from './orgtree'

export interface Principal {
  official: Official | null
  account: { id: string; username: string }
  post: Post | null
  posts: Post[]
  grants: { role: string; unit_id: string | null; audience: Audience | null; text: string }[]
  session: { id: string; kind: string; expires_at: string }
  csrf_token?: string
  may: {
    issue_directives: boolean
    administer: boolean
    develop_apps: boolean
    review_apps: boolean
    post_announcements: boolean
  }
}

export interface OwnSession {
  id: string
  kind: string
  device: string
  created_at: string
  expires_at: string
  current: boolean
}

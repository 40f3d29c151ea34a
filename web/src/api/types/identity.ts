import type { Audience, Official, Post } from './orgtree'

export interface SecondFactorStanding {
  on: boolean
  since: string | null
  recovery_codes_left: number
  /** By the installation, of this account. */
  required: boolean
}

export interface Principal {
  official: Official | null
  account: { id: string; username: string }
  post: Post | null
  posts: Post[]
  grants: { role: string; unit_id: string | null; audience: Audience | null; text: string }[]
  session: { id: string; kind: string; expires_at: string }
  second_factor: SecondFactorStanding
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

/** Something that signs in, as administrators see it. */
export interface Account {
  id: string
  username: string
  status: 'active' | 'disabled'
  official: { id: string; name: string; post_title: string; unit_name: string } | null
  roles: string[]
  second_factor: boolean
}

export type UnitLevel = 1 | 2 | 3 | 4 | 5 | 6
export type Role = 'leader' | 'deputy' | 'duty_officer' | 'member'

export interface UnitBrief {
  id: string
  code: string
  name: string
  level: UnitLevel
}

export interface Unit extends UnitBrief {
  parent_id: string | null
  status: 'active' | 'merged' | 'abolished'
  successor_id: string | null
  full_name: string
  has_children: boolean
}

export interface UnitCounts {
  items: { level: UnitLevel; units: number }[]
  officials: number
}

export interface Line {
  code: string
  name: string
}

export interface Post {
  id: string
  unit: UnitBrief & { full_name: string }
  line: Line
  title: string
  role: Role
  order: number
  is_primary: boolean
}

export interface Official {
  id: string
  name: string
  phone: string | null
  posts: Post[]
}

export interface OfficialRef {
  id: string
  name: string
  post_title: string
  unit_name: string
}

export interface Person {
  id: string
  name: string
}

export interface Audience {
  unit_id: string
  levels: UnitLevel[] | null
  line: string | null
  role: Role | null
}

export type DescribedAudience = Audience & { text: string }

export interface AudiencePreview {
  text: string
  units: number
  officials: number
}

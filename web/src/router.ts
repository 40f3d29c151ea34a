import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from '@/features/signin/session'
import { signedIn } from '@/shell/lifecycle'
import AppShell from '@/shell/AppShell.vue'
import SignInPage from '@/features/signin/SignInPage.vue'
import MessagesPage from '@/features/messages/MessagesPage.vue'

const workspace: RouteRecordRaw[] = [
  { path: '', name: 'home', component: () => import('@/shell/HomeRedirect.vue') },
  { path: 'messages/:id?', name: 'messages', component: MessagesPage },
  {
    path: 'contacts/:unitId?',
    name: 'contacts',
    component: () => import('@/features/contacts/ContactsPage.vue'),
  },
  {
    path: 'directives',
    redirect: { name: 'received' },
  },
  {
    path: 'directives/received/:id?',
    name: 'received',
    component: () => import('@/features/directives/ReceivedPage.vue'),
  },
  {
    path: 'directives/issued',
    name: 'issued',
    component: () => import('@/features/directives/IssuedPage.vue'),
  },
  {
    path: 'directives/warnings/:id?',
    name: 'warnings',
    component: () => import('@/features/directives/WarningsPage.vue'),
  },
  {
    path: 'directives/copied/:id?',
    name: 'copied',
    component: () => import('@/features/planning/CopiedPage.vue'),
  },
  {
    path: 'directives/drafts',
    name: 'directive-drafts',
    component: () => import('@/features/planning/DraftsPage.vue'),
  },
  {
    path: 'directives/drafts/:id',
    name: 'directive-draft',
    component: () => import('@/features/directives/NewDirectivePage.vue'),
  },
  {
    path: 'directives/plans',
    name: 'plans',
    component: () => import('@/features/planning/PlansPage.vue'),
  },
  {
    path: 'directives/plans/:id',
    name: 'plan',
    component: () => import('@/features/planning/PlanPage.vue'),
  },
  {
    path: 'directives/events/:id/response',
    name: 'response',
    component: () => import('@/features/planning/ResponsePage.vue'),
  },
  {
    path: 'directives/new',
    name: 'directive-new',
    component: () => import('@/features/directives/NewDirectivePage.vue'),
  },
  {
    path: 'directives/:id/rollup',
    name: 'rollup',
    component: () => import('@/features/directives/RollupPage.vue'),
  },
  {
    path: 'directives/:id/picture',
    name: 'picture',
    component: () => import('@/features/picture/PicturePage.vue'),
  },
  {
    path: 'directives/:id/review',
    name: 'directive-review',
    component: () => import('@/features/review/ReviewPage.vue'),
  },
  {
    path: 'join/:code',
    name: 'join',
    component: () => import('@/features/messages/joining/JoinPage.vue'),
  },
  { path: 'dings', redirect: { name: 'dings', params: { box: 'received' } } },
  {
    path: 'dings/:box(received|sent)',
    name: 'dings',
    component: () => import('@/features/dings/DingsPage.vue'),
  },
  {
    path: 'dings/:id',
    name: 'ding',
    component: () => import('@/features/dings/DingPage.vue'),
  },
  {
    path: 'workbench',
    name: 'workbench',
    component: () => import('@/features/workbench/WorkbenchPage.vue'),
  },
  {
    path: 'workbench/apps/:id',
    name: 'app',
    component: () => import('@/features/workbench/AppPage.vue'),
  },
  {
    path: 'workbench/develop',
    name: 'develop',
    component: () => import('@/features/workbench/DevelopPage.vue'),
  },
  {
    path: 'workbench/develop/:id/hooks',
    name: 'app-hooks',
    component: () => import('@/features/workbench/hooks/HooksPage.vue'),
  },
  {
    path: 'workbench/review',
    name: 'review',
    component: () => import('@/features/workbench/ReviewPage.vue'),
  },
  {
    path: 'workbench/installations',
    name: 'installations',
    component: () => import('@/features/workbench/installing/InstallationsPage.vue'),
  },
  {
    path: 'workbench/placements',
    name: 'placements',
    component: () => import('@/features/workbench/placing/PlacementsPage.vue'),
  },
  { path: 'records', redirect: { name: 'records', params: { pane: 'rules' } } },
  {
    path: 'records/:pane(rules|holds|exports)',
    name: 'records',
    component: () => import('@/features/records/RecordsPage.vue'),
  },
  {
    path: 'accounts',
    name: 'accounts',
    component: () => import('@/features/accounts/AccountsPage.vue'),
  },
  {
    path: ':rest(.*)*',
    name: 'absent',
    component: () => import('@/shell/AbsentPage.vue'),
  },
]

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/signin', name: 'signin', component: SignInPage, meta: { open: true } },
    {
      path: '/second-factor',
      name: 'second-factor',
      component: () => import('@/features/secondFactor/NeededPage.vue'),
    },
    { path: '/', component: AppShell, children: workspace },
  ],
})

router.beforeEach((to) => {
  const session = useSession()
  const inside = session.me !== null
  if (inside && session.lacksSecondFactor) {
    if (to.name === 'second-factor') return true
    const next = to.meta.open ? to.query.next : to.fullPath
    return { name: 'second-factor', query: next && next !== '/' ? { next } : {} }
  }
  if (to.meta.open || (inside && to.name === 'second-factor')) return inside ? { name: 'home' } : true
  if (!inside) {
    return { name: 'signin', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  }
  signedIn()
  return true
})

import { readonly, ref } from 'vue'

const query = matchMedia('(max-width: 767px)')
const phone = ref(query.matches)
query.addEventListener('change', () => (phone.value = query.matches))

/** True where list and detail no longer fit beside each other. */
export function usePhone() {
  return readonly(phone)
}

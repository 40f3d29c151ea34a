import { get, put } from './client'

/** How I want to be disturbed, on all my devices. Clock times are China's. */
export interface NotificationSettings {
  do_not_disturb: { enabled: boolean; from: string; to: string }
  sound: boolean
  /** Show the words of a message. */
  preview: boolean
}

export const settings = () => get<NotificationSettings>('/me/notifications')
export const save = ({ do_not_disturb, sound, preview }: NotificationSettings) =>
  put<NotificationSettings>('/me/notifications', { do_not_disturb, sound, preview })

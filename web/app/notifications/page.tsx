import type { Metadata } from 'next'
import { LazyNotificationsPage } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Notifications' }

const Notifications = () => (
  <div className="page max-w-4xl py-8">
    <h1 className="mb-4 text-2xl font-semibold">Notifications</h1>
    <LazyNotificationsPage />
  </div>
)

export default Notifications

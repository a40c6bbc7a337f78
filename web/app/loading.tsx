import { PageSkeleton } from '@/components/ui/Skeleton.tsx'

const Loading = () => <PageSkeleton />

export default Loading

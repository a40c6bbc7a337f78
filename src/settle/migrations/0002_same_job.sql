-- A job is the same only on its channel and under its offer: a receipt pays for nothing else.
CREATE OR REPLACE FUNCTION ledger.reserve(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c ledger.channels;
  j ledger.jobs;
  why text;
BEGIN
  SELECT * INTO c FROM ledger.channels WHERE channel_id = op->>'channelId' AND provider = op->>'provider' FOR UPDATE;
  SELECT * INTO j FROM ledger.jobs WHERE provider = op->>'provider' AND job_id = op->>'jobId';
  IF j.job_id IS NOT NULL THEN
    why := CASE
      WHEN j.request_hash <> op->>'requestHash' THEN 'other_request'
      WHEN j.channel_id <> op->>'channelId' OR j.context <> op->>'context' THEN 'other_terms'
      ELSE 'same'
    END;
    RETURN jsonb_build_object('outcome', why, 'job', ledger.job_json(j));
  END IF;
  why := ledger.refusal(c, op, (op->>'maxFee')::numeric);
  IF why IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', why, 'channel', CASE WHEN c.channel_id IS NOT NULL THEN ledger.channel_json(c) END);
  END IF;
  INSERT INTO ledger.jobs (provider, job_id, channel_id, state, context, request_hash, salt, version_root, max_fee, started_at)
    VALUES (op->>'provider', op->>'jobId', op->>'channelId', 'reserved', op->>'context', op->>'requestHash', op->>'salt',
      op->>'versionRoot', (op->>'maxFee')::numeric, (op->>'startedAt')::bigint);
  PERFORM ledger.take_voucher(op, (op->>'maxFee')::numeric);
  RETURN jsonb_build_object('outcome', 'new');
END $$;

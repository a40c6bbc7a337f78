-- The provider's book keeping. Every operation locks its channel's row first, then its job's. Money in JSON is text, so
-- that no digit is lost. An operation answers with {outcome, job?, channel?}; only what breaks an invariant raises.

CREATE FUNCTION ledger.channel_json(c ledger.channels) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'channelId', c.channel_id, 'state', c.state, 'locked', c.locked::text, 'claimed', c.claimed::text,
    'spent', c.spent::text, 'reserved', c.reserved::text, 'seq', c.seq::text, 'ceiling', c.ceiling::text,
    'voucherN', c.voucher_n::text, 'voucherContext', c.voucher_context, 'voucherSignature', c.voucher_signature)
$$;
--> statement-breakpoint
CREATE FUNCTION ledger.job_json(j ledger.jobs) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'jobId', j.job_id, 'channelId', j.channel_id, 'state', j.state, 'context', j.context, 'requestHash', j.request_hash, 'salt', j.salt,
    'versionRoot', j.version_root, 'engine', j.engine, 'maxFee', j.max_fee::text, 'startedAt', j.started_at::text,
    'status', j.status, 'seq', j.seq::text, 'fee', j.fee::text, 'spent', j.spent::text, 'unitsIn', j.units_in::text,
    'unitsOut', j.units_out::text, 'unitsMs', j.units_ms::text, 'answerHash', j.answer_hash,
    'finishedAt', j.finished_at::text, 'failure', j.failure, 'answer', j.answer)
$$;
--> statement-breakpoint
-- Whether a voucher contradicts the highest one known: a later number with a lower ceiling, an earlier one with a higher
-- ceiling, or its number with other terms. An earlier, lower one merely arrived late; the very same one is a retry.
CREATE FUNCTION ledger.contradicts(c ledger.channels, n numeric, ceiling numeric, context text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT c.voucher_n IS NOT NULL AND (
    (n > c.voucher_n AND ceiling < c.ceiling)
    OR (n < c.voucher_n AND ceiling > c.ceiling)
    OR (n = c.voucher_n AND (ceiling <> c.ceiling OR context <> c.voucher_context)))
$$;
--> statement-breakpoint
-- Why the voucher of an operation cannot pay for `extra` more, or null.
CREATE FUNCTION ledger.refusal(c ledger.channels, op jsonb, extra numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  n numeric := (op->>'n')::numeric;
  ceiling numeric := (op->>'ceiling')::numeric;
BEGIN
  RETURN CASE
    WHEN c.channel_id IS NULL THEN 'unknown_channel'
    WHEN c.state <> 'open' THEN 'not_open'
    WHEN ceiling > c.locked THEN 'above_locked'
    WHEN ledger.contradicts(c, n, ceiling, op->>'context') THEN 'contradicting'
    WHEN greatest(ceiling, c.ceiling) < c.spent + c.reserved + extra THEN 'below_fee'
  END;
END $$;
--> statement-breakpoint
CREATE FUNCTION ledger.take_voucher(op jsonb, extra numeric) RETURNS ledger.channels LANGUAGE sql AS $$
  UPDATE ledger.channels SET
    reserved = reserved + extra,
    ceiling = greatest(ceiling, (op->>'ceiling')::numeric),
    voucher_context = CASE WHEN (op->>'n')::numeric > coalesce(voucher_n, -1) THEN op->>'context' ELSE voucher_context END,
    voucher_signature = CASE WHEN (op->>'n')::numeric > coalesce(voucher_n, -1) THEN op->>'signature' ELSE voucher_signature END,
    voucher_n = greatest(voucher_n, (op->>'n')::numeric)
  WHERE channel_id = op->>'channelId' RETURNING *
$$;
--> statement-breakpoint
CREATE FUNCTION ledger.reserve(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c ledger.channels;
  j ledger.jobs;
  why text;
BEGIN
  SELECT * INTO c FROM ledger.channels WHERE channel_id = op->>'channelId' AND provider = op->>'provider' FOR UPDATE;
  SELECT * INTO j FROM ledger.jobs WHERE provider = op->>'provider' AND job_id = op->>'jobId';
  IF j.job_id IS NOT NULL THEN
    -- A receipt pays for nothing but its own channel and offer.
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
--> statement-breakpoint
CREATE FUNCTION ledger.extend(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c ledger.channels;
  j ledger.jobs;
  why text;
  extra numeric;
BEGIN
  SELECT * INTO c FROM ledger.channels WHERE channel_id = op->>'channelId' AND provider = op->>'provider' FOR UPDATE;
  SELECT * INTO j FROM ledger.jobs WHERE provider = op->>'provider' AND job_id = op->>'jobId' FOR UPDATE;
  IF j.job_id IS NULL OR j.state <> 'reserved' THEN RETURN jsonb_build_object('outcome', 'not_running'); END IF;
  IF j.context <> op->>'context' THEN RETURN jsonb_build_object('outcome', 'other_request'); END IF;
  extra := greatest((op->>'maxFee')::numeric - j.max_fee, 0);
  why := ledger.refusal(c, op, extra);
  IF why IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', why, 'channel', CASE WHEN c.channel_id IS NOT NULL THEN ledger.channel_json(c) END);
  END IF;
  UPDATE ledger.jobs SET max_fee = max_fee + extra WHERE provider = j.provider AND job_id = j.job_id;
  c := ledger.take_voucher(op, extra);
  RETURN jsonb_build_object('outcome', 'extended', 'channel', ledger.channel_json(c));
END $$;
--> statement-breakpoint
CREATE FUNCTION ledger.settle(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c ledger.channels;
  j ledger.jobs;
BEGIN
  PERFORM 1 FROM ledger.channels WHERE channel_id = op->>'channelId' FOR UPDATE;
  SELECT * INTO j FROM ledger.jobs WHERE provider = op->>'provider' AND job_id = op->>'jobId' FOR UPDATE;
  IF j.job_id IS NULL THEN RETURN jsonb_build_object('outcome', 'unknown_job'); END IF;
  IF j.state = 'done' THEN RETURN jsonb_build_object('outcome', 'same', 'job', ledger.job_json(j)); END IF;
  UPDATE ledger.channels SET reserved = reserved - j.max_fee, spent = spent + (op->>'fee')::numeric, seq = seq + 1
    WHERE channel_id = j.channel_id RETURNING * INTO c;
  UPDATE ledger.jobs SET state = 'done', engine = op->>'engine', status = (op->>'status')::smallint, seq = c.seq, fee = (op->>'fee')::numeric,
      spent = c.spent, units_in = (op->>'unitsIn')::numeric, units_out = (op->>'unitsOut')::numeric,
      units_ms = (op->>'unitsMs')::numeric, answer_hash = op->>'answerHash', finished_at = (op->>'finishedAt')::bigint,
      failure = op->>'failure', answer = op->>'answer', retain_until = (op->>'retainUntil')::bigint
    WHERE provider = j.provider AND job_id = j.job_id;
  RETURN jsonb_build_object('outcome', 'done', 'seq', c.seq::text, 'spent', c.spent::text);
END $$;
--> statement-breakpoint
-- Takes a reservation back for which nothing was signed and nothing was sent.
CREATE FUNCTION ledger.cancel(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  j ledger.jobs;
BEGIN
  PERFORM 1 FROM ledger.channels WHERE channel_id = op->>'channelId' FOR UPDATE;
  DELETE FROM ledger.jobs WHERE provider = op->>'provider' AND job_id = op->>'jobId' AND state = 'reserved' RETURNING * INTO j;
  IF j.job_id IS NOT NULL THEN
    UPDATE ledger.channels SET reserved = reserved - j.max_fee WHERE channel_id = j.channel_id;
  END IF;
  RETURN jsonb_build_object('outcome', 'cancelled');
END $$;
--> statement-breakpoint
-- Any number of operations in one transaction and one flush to disk; answers come in the order of the operations.
CREATE FUNCTION ledger.apply(ops jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  results jsonb[] := array_fill(NULL::jsonb, ARRAY[jsonb_array_length(ops)]);
  op jsonb;
  i bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  FOR op, i IN
    SELECT value, ordinality FROM jsonb_array_elements(ops) WITH ORDINALITY ORDER BY value->>'channelId', ordinality
  LOOP
    results[i] := CASE op->>'do'
      WHEN 'reserve' THEN ledger.reserve(op)
      WHEN 'settle' THEN ledger.settle(op)
      WHEN 'extend' THEN ledger.extend(op)
      WHEN 'cancel' THEN ledger.cancel(op)
    END;
  END LOOP;
  RETURN to_jsonb(results);
END $$;

CREATE TABLE public.failed_sign_ins (
  user_id   varchar(64)  NOT NULL,
  source_ip varchar(256) NOT NULL,  -- a token
  reason    varchar(64)  NOT NULL,
  failed_at timestamptz  NOT NULL   -- the event's own time, not when it was sent or loaded
);
CREATE INDEX ON public.failed_sign_ins (user_id);

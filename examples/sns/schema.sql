CREATE TABLE public.verified_emails (
  user_id     varchar(64)  NOT NULL,
  email       varchar(256) NOT NULL,  -- a token
  tenant      varchar(32)  NOT NULL,
  verified_at timestamptz  NOT NULL
);
CREATE INDEX ON public.verified_emails (user_id);

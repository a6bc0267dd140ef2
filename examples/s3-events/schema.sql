CREATE TABLE public.uploads (
  bucket      varchar(63)   NOT NULL,
  key         varchar(1024) NOT NULL,  -- URL-encoded, as S3 sends it
  size        bigint,
  event       varchar(64)   NOT NULL,
  principal   varchar(256)  NOT NULL,
  source_ip   varchar(256)  NOT NULL,  -- a token
  uploaded_at timestamptz   NOT NULL
);
CREATE INDEX ON public.uploads (principal);

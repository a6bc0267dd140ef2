INSERT INTO public.verified_emails (user_id, email, tenant, verified_at)
SELECT user_id, email, tenant, verified_at
  FROM event;

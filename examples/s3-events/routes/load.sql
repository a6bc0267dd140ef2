INSERT INTO public.uploads (bucket, key, size, event, principal, source_ip, uploaded_at)
SELECT s3 #>> '{bucket,name}', s3 #>> '{object,key}', (s3 #>> '{object,size}')::bigint, "eventName",
       "userIdentity" ->> 'principalId', "requestParameters" ->> 'sourceIPAddress', "eventTime"
  FROM event;

/* The last part of null_matrix.c. */
int main(int argc, char **argv)
{
    KEY = check_env("NANGO_SECRET_KEY");
    HOST = check_env("NANGO_HOST");
    RUN(null_matrix);
    printf("%d functions, %d of them with pointers, %d cases\n", functions, taking, cases);
    return check_end();
}

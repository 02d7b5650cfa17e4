/* SPDX-License-Identifier: MIT */
/*
 * What starting any program costs: nothing but the dynamic linker and libc.
 */
int main(void)
{
	return 0;
}
